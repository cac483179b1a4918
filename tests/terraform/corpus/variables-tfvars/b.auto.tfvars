tier = "from-b"
