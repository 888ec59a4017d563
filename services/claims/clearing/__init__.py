"""Claims go out as files to trading partners, and what these answer is read and acted on."""
