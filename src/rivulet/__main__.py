"""`python -m rivulet` is the command `rivulet`."""

from rivulet.cli import main

if __name__ == "__main__":
    main()
