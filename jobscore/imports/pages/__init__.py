"""What the import pages show: values ready for the templates, in the reader's language."""
