"""What clinicians and groups report under MIPS: kept, scored by CMS's lists, and handed in."""
