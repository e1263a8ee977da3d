"""From a recording to what the model hears: decode to 16 kHz mono, cut into 30-second windows, log-mel each window.

spec      the numbers of the sound treaty, and the few formulas between them
source    anything a person has (path, bytes, file object, standard input) as a seekable binary file
readers   a file or an array as a stream of mono blocks
decode    that stream at 16 kHz, cut to the part asked for
clip      a recording, or a part of one, as a value
mel       the log-mel of windows
windows   a recording cut into windows, each with its log-mel, start time and valid length
"""
