"""The real software that CallGuard is tested against, each started, asked and ended through a small typed object."""
