"""The route groups, one file each; see `devtoolkit.gateway.registry`."""
