"""The model file as types: loaded with places, checked, fingerprinted. Pure: no engine, no SQL."""
