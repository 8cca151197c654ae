"""Run the short benchmarks: python -m benchmarks. Those that take minutes: docs/benchmarks.md."""

from benchmarks import curation, curation_scale, engine, grading, images, memory, replicas, startup

if __name__ == "__main__":
    startup.main()
    engine.main()
    grading.main()
    curation.main()
    curation_scale.main()
    images.main()
    memory.main()
    replicas.main()
