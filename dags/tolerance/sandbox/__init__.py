"""What reading may cost: delivered files are read in child processes under limits of time and memory."""
