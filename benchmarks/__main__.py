"""Run the short benchmarks: python -m benchmarks. `python -m benchmarks.concurrency` takes minutes."""

from benchmarks import curation, engine, grading, startup

if __name__ == "__main__":
    startup.main()
    engine.main()
    grading.main()
    curation.main()
