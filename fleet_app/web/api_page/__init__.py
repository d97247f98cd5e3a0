"""`/docs`: the OpenAPI document as a page. Made on the worker, without a script, and nothing comes from elsewhere."""
