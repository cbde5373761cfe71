"""What a build service does for a project: jobs and steps as values, written as GitHub Actions or GitLab CI."""
