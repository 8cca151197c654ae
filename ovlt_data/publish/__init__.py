"""Dataset versions: rows in their final form, in an immutable folder that `datasets.load_dataset` opens."""
