namespcae = "x"
