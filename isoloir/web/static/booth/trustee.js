/*! Isoloir, EUPL-1.2. Contains @noble/curves and @noble/hashes, MIT, © Paul Miller. Sources: booth/ in the repository. */
