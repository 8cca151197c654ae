"""Pure functions of text: what a model said, taken apart, cut and measured."""
