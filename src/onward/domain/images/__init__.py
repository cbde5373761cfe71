"""Container images as the OCI specifications write them: references, manifests, layers, what goes into them."""
