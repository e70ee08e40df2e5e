"""Pure decisions about text: batch functions without Beam, files, options or the network."""
