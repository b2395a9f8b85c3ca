"""What to compute for a model: frozen nodes, no SQL, no engine. The plan decides; a renderer only spells."""
