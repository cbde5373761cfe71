"""What makes a built distribution fit to hand out: contents, metadata, installation, the same bytes twice."""
