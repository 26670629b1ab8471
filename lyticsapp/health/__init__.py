"""Whether the parts run: presence of workers and beat, state, /healthz, /readyz.

Part of the composition root: it may look at every package, none imports it.
"""
