"""From requests to replies: prompt, listening, sampling, the token loop, and the engine that joins them."""
