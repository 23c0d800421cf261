io.write("hello ", kalito._VERSION, "\n") return 0
