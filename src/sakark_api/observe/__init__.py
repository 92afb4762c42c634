"""What the service tells of itself: a log line for each request, figures and traces.

None of it ever holds a token, a personal number, a name or a title (GDPR article 5).
"""
