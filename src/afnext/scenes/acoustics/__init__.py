"""What lies between a source and the recording: places, distance, noise, microphones, codecs."""
