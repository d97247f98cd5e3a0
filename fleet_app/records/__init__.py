"""The values of the output topics, and how they are made. They are public: programs of others read them."""
