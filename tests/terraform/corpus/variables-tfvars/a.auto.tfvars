tier = "from-a"
app  = "from-a"
