"""Recipes: what a dataset is made of, strict, resolved and checked before anything is spent."""

from ovlt_data.recipe.budget import Budget, Price, Spending
from ovlt_data.recipe.caption import CaptionColumns, CaptionStep
from ovlt_data.recipe.export import json_schema, recipe_hash, resolved_yaml
from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.judge import JudgeStep
from ovlt_data.recipe.leakage import Rewrite
from ovlt_data.recipe.load import find_recipe, load, load_recipe, make
from ovlt_data.recipe.model import EMBEDDED, ImageLimits, Limits, Model, Sampling
from ovlt_data.recipe.probe import CaptionProbe, Probes, RotatedProbe, SampledProbe
from ovlt_data.recipe.problems import Problems, SourceSpec
from ovlt_data.recipe.reason import ReasonStep, Rung, SampleCount, Until
from ovlt_data.recipe.replicas import read_urls
from ovlt_data.recipe.schema import (
    Build,
    GivenSamples,
    Recipe,
    SampleColumns,
)
from ovlt_data.recipe.step import ImageSize, Select, Step
from ovlt_data.recipe.stop import Stop, StopWhen

__all__ = [
    "EMBEDDED",
    "Budget",
    "Build",
    "CaptionColumns",
    "CaptionProbe",
    "CaptionStep",
    "GivenSamples",
    "ImageLimits",
    "ImageSize",
    "JudgeStep",
    "Limits",
    "Model",
    "Price",
    "Probes",
    "Problems",
    "ReasonStep",
    "Recipe",
    "RecipeFile",
    "Rewrite",
    "RotatedProbe",
    "Rung",
    "SampleColumns",
    "SampleCount",
    "SampledProbe",
    "Sampling",
    "Select",
    "SourceSpec",
    "Spending",
    "Step",
    "Stop",
    "StopWhen",
    "Until",
    "find_recipe",
    "json_schema",
    "load",
    "load_recipe",
    "make",
    "read_urls",
    "recipe_hash",
    "resolved_yaml",
]
