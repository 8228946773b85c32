"""``python -m headwater`` is the command line."""

from headwater.site.command import main

if __name__ == "__main__":
    main()
