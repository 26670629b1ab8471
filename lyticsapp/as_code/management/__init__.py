"""Commands of segments and jobs as code."""
