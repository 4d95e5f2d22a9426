"""Fetching from addresses that strangers chose: public ones only, never far and never much"""
