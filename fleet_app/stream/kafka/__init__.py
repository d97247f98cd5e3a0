"""The engine's ports to Kafka, over aiokafka."""
