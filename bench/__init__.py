"""The measuring house: what the server costs, beside its peers, in one run (`./dev bench`)."""
