"""Documents for fifty years: what a file is, whether it may be kept, and its archive format.

Plain synchronous functions on files of the local disk; they know no database, entity or web.
"""

from sakark_api.formats.identify import Identification, identify
from sakark_api.formats.verdict import Examination, Verdict, examine

__all__ = ["Examination", "Identification", "Verdict", "examine", "identify"]
