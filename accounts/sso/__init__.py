"""Single sign-on by OpenID Connect (rule 9.6): what providers say, how it is checked, whom it lets in."""
