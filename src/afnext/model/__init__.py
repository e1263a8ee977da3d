"""The network on one device: log-mel windows and token ids in, logits out.

Nothing here trains, decodes sound or spells prompts. Read ``flamingo.py`` first, then what it joins: ``encoder``,
``time_rotary``, ``adaptor``, ``decoder``.
"""
