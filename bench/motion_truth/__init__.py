"""How well motion is told from fixes, against drives of which everything is known. Run by hand; README.md says how."""
