"""Fine-tuning of generative routers: worlds as supervised examples in a router model's own prompt format."""
