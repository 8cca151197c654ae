"""Shards hold all rows in order, and say in their names how many they are."""

from pathlib import Path

import pyarrow.parquet as pq
from a_run import make_run

from ovlt_data.publish.features import make_features
from ovlt_data.publish.rows import make_rows
from ovlt_data.publish.shards import write_shards


def test_rows_go_on_in_the_next_shard(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    rows = list(make_rows(run.curate().rows, run.problems, run.captions, answer="gold", provenance=run.provenance))
    shards = write_shards(rows, tmp_path / "data", make_features("sft"), size=2500)
    assert [shard.name for shard in shards] == [f"train-{n:05}-of-{len(shards):05}.parquet" for n in range(len(shards))]
    assert len(shards) > 1
    assert sum(shard.rows for shard in shards) == len(rows)
    assert pq.read_table(tmp_path / "data")["id"].to_pylist() == [row.values["id"] for row in rows]
