"""Pictures of products: fetched or uploaded, checked, kept by their content, and shown to the shops."""
