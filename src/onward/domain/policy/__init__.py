"""The policy: what each rule means, which level holds, and where that was said."""
