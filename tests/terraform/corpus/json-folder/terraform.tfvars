loki_tenant = "not-for-anybodys-eyes"
env = "nor-this"
