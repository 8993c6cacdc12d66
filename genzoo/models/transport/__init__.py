"""Models that transport noise to data: flow matching and diffusion, composed of their parts."""
