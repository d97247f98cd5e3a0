"""A real Apache Kafka on this machine, for laptops and tests: no Java, Node or Docker to install.

`lock` says which jars make up the broker, `fetch` brings them here, `java` finds the Java that runs them, `local` runs
one broker out of one directory, and `commands` is `fleet broker`.
"""
