"""Every dialect on its own paths: `mount` finds them, `desk` asks and answers, one file each for the rest."""
