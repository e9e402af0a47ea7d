module trial

go 1.19
