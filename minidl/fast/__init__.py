"""How ``fit`` trains: by the modules' methods, by a plan, or compiled; all give the same."""
