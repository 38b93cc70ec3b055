"""The template of `hub plugin new`: a project with one hook, settings and a test, as files that lie beside this one."""
