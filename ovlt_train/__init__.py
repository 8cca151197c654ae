"""ovlt_train: what a trainer needs of ovlt. Imports only values, errors, recipe, images and answers of ovlt_data."""
