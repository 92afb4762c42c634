"""What `sakark dev` needs beside the product; never loaded by `sakark serve`."""
