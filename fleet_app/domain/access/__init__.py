"""Who may ask and what for: roles and their rights, API keys, tenants."""
