"""Denizen in notebooks and jobs: dataframes or paths in, Arrow out. The names are those of `denizen` itself."""
