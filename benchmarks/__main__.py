"""Run the short benchmarks: python -m benchmarks. `python -m benchmarks.concurrency` takes minutes."""

from benchmarks import engine, startup

if __name__ == "__main__":
    startup.main()
    engine.main()
